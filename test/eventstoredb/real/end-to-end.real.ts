import { describeEndToEnd } from '#test/contracts/end-to-end.ts'
import { openReal } from './open.ts'

describeEndToEnd('EventStoreDB', openReal)
