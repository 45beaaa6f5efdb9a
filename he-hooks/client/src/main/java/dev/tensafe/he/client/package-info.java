/**
 * The model host: sessions with adapter hosts, and the hook that adds their deltas.
 *
 * <ul>
 *   <li>Registry's side: {@code EncryptedAdapters} loads {@code PublicPart}s and has {@code
 *       HostLinks}. What outlives a session is in a state directory: {@code BarredHosts} and the
 *       {@code TagBook}.
 *   <li>One session: {@code ClientSession} is the state machine, {@code SessionCore} what its parts
 *       share. {@code AdapterSetup} brings an adapter from being open to taking requests, over
 *       {@code TagSetup} and {@code BlockExchange}.
 *   <li>Keys: {@code LaneKeys} makes them, {@code LaneSupply} binds them to blocks, {@code
 *       LaneBook} gives each sequence its own, {@code Retirement} wipes them.
 *   <li>One step: {@code EncryptedHook} has an {@code AdapterBatch} for each adapter. {@code
 *       BatchPlan} says how its rows travel, a {@code BatchPart} sends them, {@code AnswerCheck}
 *       decides whether answers are used, {@code AdapterRoute} and {@code BatchFailure} have the
 *       consequences.
 * </ul>
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.client;
