import { describeConfig, readConfig } from '#infrastructure/config.ts'
import { formatTable } from './table.ts'

export const showConfig = async (): Promise<void> => {
  const config = readConfig(process.env)
  const rows = describeConfig(config, process.env).map(({ name, value, set, meaning }) => [name, value, set ? 'environment' : 'default', meaning])
  process.stdout.write(formatTable([{ title: 'setting' }, { title: 'in force' }, { title: 'from' }, { title: 'meaning' }], rows))
}
