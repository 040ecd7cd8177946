import { warningSubjectEvents, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { type Projected, projection } from '#projections/shared/projection.ts'
import { applyOrderEvents, type OrderEvent } from './warned/orders.ts'
import { applySubjectEvents, type SubjectEvent } from './warned/subjects.ts'

/**
 * What the processes of warnings work from: which open order holds which customer, which warnings were not given and why, and of
 * every named bill the pieces that are counted as recovered, for which order. One model, so that claims and orders are of one moment.
 */
export const warned = projection({
  name: 'warned',
  version: 2,
  sources: { WarningWorkOrder: warningWorkOrderEvents, WarningSubject: warningSubjectEvents },
  onPoison: 'halt', // a claim or a yuan left out would be given to another order
  publishes: ['claimant', 'warning_claim', 'warning_suppression', 'warned_order', 'warned_subject', 'warned_bill'],

  create: `
    create table claimant (province text not null, cons_no text not null, revision bigint not null, primary key (province, cons_no));
    create table warning_claim (
      province text not null, cons_no text not null, kind text not null, order_no text not null, grade text not null, claimed_at timestamptz not null,
      primary key (province, cons_no, kind)
    );
    create index on warning_claim (order_no);
    create table warning_suppression (
      province text not null, cons_no text not null, revision bigint not null, at timestamptz not null, kind text not null, grade text not null,
      rules text[] not null, report_date date not null, why text not null, order_no text, silence_id text,
      primary key (province, cons_no, revision)
    );
    create index on warning_suppression (report_date, province, cons_no, revision);
    create table warned_order (
      order_no text primary key, revision bigint not null, province text not null, kind text not null, grade text not null, stage text not null,
      issued_at timestamptz, follow_up_on date, report_date date, report_version int
    );
    create index on warned_order (province) where stage = 'open';
    create index on warned_order (province) where stage = 'draft';
    create table warned_subject (order_no text not null, cons_no text not null, primary key (order_no, cons_no));
    create table warned_bill (
      province text not null, cons_no text not null, bill_month text not null, order_no text not null, as_of date not null, named_open bigint not null,
      counted bigint not null default 0, spans jsonb not null default '[]',
      primary key (province, cons_no, bill_month, order_no)
    );
    create index on warned_bill (order_no);`,

  apply: async (events, db) => {
    await applyOrderEvents(
      events.filter((event): event is Projected<OrderEvent> => event.stream.startsWith('WarningWorkOrder-')),
      db,
    )
    await applySubjectEvents(
      events.filter((event): event is Projected<SubjectEvent> => event.stream.startsWith('WarningSubject-')),
      db,
    )
  },
})
