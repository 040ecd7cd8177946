import { describeEndToEnd } from '#test/contracts/end-to-end.ts'
import { openStandIn, STAND_IN_NAME } from '#test/support/eventstoredb/open.ts'

describeEndToEnd(STAND_IN_NAME, openStandIn)
