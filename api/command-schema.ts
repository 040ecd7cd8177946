import type { z } from 'zod'

type OptionsOf<U> = U extends z.ZodDiscriminatedUnion<infer O> ? O[number] : never
type DataOf<O, T extends string> = O extends { readonly shape: { readonly type: z.ZodLiteral<T>; readonly data: infer D } } ? D : never
type TypesOf<O> = O extends { readonly shape: { readonly type: z.ZodLiteral<infer T> } } ? T : never
type Without<D, K extends PropertyKey> = D extends z.ZodObject<infer S, infer C> ? z.ZodObject<Omit<S, K>, C> : never

/**
 * The body of a command's route: the data schema of the command itself, less the signature (set by the application) and less
 * what the path says or the application brings; what a command does not have needs no leaving out.
 */
export const bodyOf = <U extends { readonly options: readonly unknown[] }, T extends TypesOf<OptionsOf<U>> & string, K extends string = never>(
  union: U,
  type: T,
  ...without: readonly K[]
): Without<DataOf<OptionsOf<U>, T>, 'at' | 'by' | K> => {
  const options = union.options as readonly { readonly shape: { readonly type: { readonly value: string }; readonly data: z.ZodObject } }[]
  const option = options.find(({ shape }) => shape.type.value === type)
  if (!option) throw new RangeError(`no command ${type}`)
  const mask = Object.fromEntries(['at', 'by', ...without].filter((key) => key in option.shape.data.shape).map((key) => [key, true as const]))
  return option.shape.data.omit(mask as never) as unknown as Without<DataOf<OptionsOf<U>, T>, 'at' | 'by' | K>
}
