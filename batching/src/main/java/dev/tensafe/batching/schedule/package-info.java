/**
 * Which sequences run in the next step: a pure decision over their states.
 *
 * <p><b>Fairness.</b> Tenants share time, the flows of a tenant (its uses of one adapter) its part.
 * {@link dev.tensafe.batching.schedule.LearntCosts} learns what work costs; {@link
 * dev.tensafe.batching.schedule.StepWork} divides a step's time by it; {@link
 * dev.tensafe.batching.schedule.FairShares} keeps the accounts, in virtual tokens. {@link
 * dev.tensafe.batching.schedule.WaitingFlows} admits the tenant that was served least, and its flow
 * that was; rank (priority, aged by waiting, then arrival) decides within a flow and moves flows
 * and tenants by a bounded amount only. {@link dev.tensafe.batching.schedule.Scheduler} makes
 * sequences of one that is too far ahead give way to one that does not fit otherwise; for that,
 * only new tokens are charged, never those that are computed again, so that each makes progress
 * before it has to give way once more. Those that run leave steps to others as {@link
 * dev.tensafe.batching.schedule.TenantClocks} says. What users see of it is in docs/ADAPTERS.md.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.schedule;
