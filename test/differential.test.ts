import { describeDifferential } from '#test/contracts/differential.ts'
import { openStandIn, STAND_IN_NAME } from '#test/support/eventstoredb/open.ts'
import { openFreshLog } from '#test/support/postgres.ts'

describeDifferential('PostgreSQL', openFreshLog)

describeDifferential(STAND_IN_NAME, openStandIn)
