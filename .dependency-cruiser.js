// The layer rules. test/architecture.test.ts plants a file against each of them and expects the refusal.
const OURS = '^(domain|application|infrastructure|projections|api)/'
const mayUse = (name, from, ...allowed) => ({ name, severity: 'error', from: { path: from }, to: { path: OURS, pathNot: allowed } })
const mayInstall = (name, from, ...allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'core'], pathNot: allowed.map((name) => `node_modules/${name}/`) },
})
/** The only files that know everything. */
const ROOT = '^api/(compose|serve|main|worker|cli)\\.ts$|^api/(compose|commands|demo)/'

export default {
  forbidden: [
    mayUse('domain: itself only', '^domain/', '^domain/'),
    mayUse('application: domain and ports', '^application/', '^application/', '^domain/'),
    mayUse(
      'projections: events, never deciders',
      '^projections/',
      '^projections/',
      '^domain/shared/',
      '^domain/[^/]+/(events|fields)\\.ts$',
      '^domain/group-user/names\\.ts$',
      '^domain/catalogue\\.ts$',
    ),
    mayUse(
      'infrastructure: ports and shared kernels',
      '^infrastructure/',
      '^infrastructure/',
      '^application/ports/',
      '^projections/shared/',
      '^domain/shared/',
      '^domain/extraction/fields\\.ts$',
    ),
    {
      ...mayUse(
        'api: use cases, queries, schemas',
        '',
        '^api/',
        '^application/',
        '^projections/[^/]+/[^/]+\\.queries\\.ts$',
        '^projections/shared/',
        '^domain/shared/',
        '^domain/[^/]+/(commands|fields|rejections)\\.ts$',
      ),
      from: { path: '^api/', pathNot: ROOT },
    },
    {
      name: 'a capability leaves its neighbours alone',
      severity: 'error',
      from: { path: '^(domain)/(?!shared/)([^/]+)/' },
      to: { path: '^$1/[^/]+/', pathNot: '^$1/($2|shared)/' },
    },
    mayInstall('domain packages', '^domain/', 'zod'),
    mayInstall('application packages', '^application/', 'zod', 'rxjs', 'uuid'),
    mayInstall('projection packages', '^projections/', 'zod', 'rxjs', '(@slonik/)?(slonik|sql-tag)'),
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'product never imports test', severity: 'error', from: { path: OURS }, to: { path: '^(test|bench)/' } },
    { name: 'everything resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'nothing is orphaned', severity: 'error', from: { orphan: true, path: OURS, pathNot: ROOT }, to: {} },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
