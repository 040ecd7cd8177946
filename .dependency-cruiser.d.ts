import type { IForbiddenRuleType } from 'dependency-cruiser'

declare const rules: { readonly forbidden: readonly (IForbiddenRuleType & { readonly name: string })[]; readonly options: Readonly<Record<string, unknown>> }
export default rules
