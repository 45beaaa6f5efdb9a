/**
 * Which sequences run in the next step: a pure decision over their states.
 *
 * <p><b>Fairness.</b> A <em>flow</em> is who is charged for work: a tenant's use of one adapter.
 * {@link dev.tensafe.batching.schedule.FlowCounters} counts what each flow was served, in virtual
 * tokens. {@link dev.tensafe.batching.schedule.WaitingFlows} admits the flow that was served least;
 * rank (priority, aged by waiting, then arrival) decides within a flow and moves a flow by a
 * bounded amount only. {@link dev.tensafe.batching.schedule.Scheduler} makes sequences of a flow
 * that is too far ahead give way to one that does not fit otherwise. Only new tokens are charged,
 * never those that are computed again, so a flow makes progress before it has to give way once
 * more. What users see of it is in docs/ADAPTERS.md.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.schedule;
