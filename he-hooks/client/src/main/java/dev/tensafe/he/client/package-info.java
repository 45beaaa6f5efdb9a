/**
 * The model host: sessions with adapter hosts, and the hook that adds their deltas.
 *
 * <ul>
 *   <li>Registry's side: {@code EncryptedAdapters} loads {@code PublicPart}s and has {@code
 *       HostLinks}; {@code DistrustedAdapters} belong to a {@code HostLink}, which outlives its
 *       sessions.
 *   <li>One session: {@code ClientSession} is the state machine. A key is used in two places only:
 *       {@code Evaluations}, for what is sent now, and {@code PadExchange} with {@code PadStock},
 *       for what is made ahead.
 *   <li>One step: {@code EncryptedHook} has an {@code AdapterBatch} for each adapter. {@code
 *       BatchInputs} gathers, {@code BatchSender} sends, {@code AnswerCheck} decides whether an
 *       answer is used, {@code AdapterRoute} and {@code BatchFailure} have the consequences.
 * </ul>
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.client;
