import type { AnalysisView, Projection } from './shared/projection.ts'

/** What a table's rows are, without the columns that name a person (who decided, who is in charge) or hold what somebody wrote freely, which may name one. */
const view = (table: string, means: string, ...withheld: readonly string[]): AnalysisView => ({ table, means, withheld })

/**
 * What analysts see of each read model, in one place, so that it can be judged at one look. What is not named here they do not see:
 * cases, notices, changes and everything by which a read model keeps itself. Customers are told by number and name, as on every report.
 */
const VIEWS: Readonly<Record<string, readonly AnalysisView[]>> = {
  'high-risk-user-register': [
    view('high_risk_user', 'The register: a row a high-risk user or candidate as he stands now', 'owner', 'changed_by'),
    view('high_risk_user_level', 'The levels of each user: from on_date on he is of this level; of none where it is null'),
  ],
  'high-risk-user-case': [
    view('user_due', 'What is due on each user: reviews, steps of measures, promises', 'owner'),
    view('open_promise', 'Promises to pay that are still open, in fen'),
  ],
  'screening-facts': [view('screening_fact', 'Adverse facts by which users are screened, from when to when, and when they became known', 'source')],
  'industry-list-in-force': [
    view('industry_list', 'Versions of the industry list and from when they are in force', 'drafted_by', 'published_by', 'revoked_by', 'revoke_reason', 'diff'),
    view('industry_list_trade', 'The trades of each version and their category', 'note'),
    view('industry_list_acknowledgement', 'When each province acknowledged a version, and whether in time', 'by'),
    view('industry_list_screening', 'What a version came to in each province: customers screened, named, made candidates'),
  ],
  'daily-report-completeness': [
    view('daily_report', 'How each province and day stands with its report: late, missing, waived, rows, corrections', 'proposal', 'waive_reason'),
  ],
  'national-day': [
    view('report', 'A province’s report of a day: latest_version as corrected, published_version as published'),
    view('report_version', 'Each sealed version of a report with its totals', 'reason'),
    view('user_day', 'A user’s day as reported; valid in versions version_from up to and without version_to', 'remark', 'comment'),
    view('bill_day', 'A bill of a user’s day; valid in versions version_from up to and without version_to'),
    view('statistic', 'Sums of a day by basis, province, category and level: what the daily statistics add up'),
    view('statistic_month', 'What happened in a month, by basis, province, category and level'),
    view('province_day', 'Sums of a day by basis and province'),
    view('top_user', 'The users of a day with the greatest arrears, placed within basis, province, category and level'),
    view('membership', 'From when to when each user was listed, at which level, in which trade'),
    view('membership_move', 'Listings and delistings by day'),
    view('trade_category', 'Which category a trade has in each version of the industry list'),
  ],
  bulletins: [
    view('bulletin', 'Bulletins and to whom they went', 'content', 'published_by', 'withdrawn_by', 'withdrawn_why'),
    view('bulletin_receipt', 'When each province confirmed a bulletin', 'by'),
  ],
  'work-orders': [
    view('work_order', 'Each warning work order as it stands now', 'drafted_by', 'issued_by', 'assigned_user', 'changed_by', 'document'),
    view('work_order_subject', 'The customers that an order names, with their arrears then, in fen'),
    view('order_due', 'The instants that open orders’ clocks wait for'),
  ],
  supervision: [
    view('supervision_order', 'Each issued order as supervision counts it', 'moves'),
    view('supervision_handled', 'Each closing of an order with its working minutes; until_at when it was opened again'),
  ],
  warned: [
    view('warning_suppression', 'Warnings that the rules gave and that were held back, and by what', 'why'),
    view('warned_bill', 'Bills that orders name, and what was recovered of them, in fen', 'spans'),
  ],
  'group-user': [
    view('group_user', 'The register of groups', 'note', 'changed_by'),
    view('group_parent', 'The tree of groups by date'),
    view('group_link', 'Links of customers to groups, proposed and confirmed', 'evidence', 'reason', 'proposed_by', 'decided_by'),
    view('group_membership', 'From when to when each customer belonged to a group'),
  ],
}

/** A read model with what analysts see of it. */
export const withAnalysis = (projection: Projection): Projection => ({ ...projection, analysis: VIEWS[projection.name] ?? [] })
