/** Columns of a table or a row set, by name, with their SQL types. */
type Columns = Readonly<Record<string, string>>
export const names = (columns: Columns, prefix = ''): string =>
  Object.keys(columns)
    .map((name) => prefix + name)
    .join(', ')
/** Column names with their types, as a table definition or a row set writes them. */
export const typed = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')
