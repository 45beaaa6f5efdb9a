package dev.tensafe.server.openai;

/**
 * The fields that all JSON of one answer has in common.
 *
 * @param id without its prefix
 * @param created seconds since 1970
 * @param usageInChunks whether chunks carry {@code usage: null}, because a usage chunk will follow
 * @param logprobs whether log-probabilities were asked for
 */
public record AnswerHead(
    String id,
    long created,
    String model,
    boolean usageInChunks,
    boolean logprobs,
    TokenTexts texts,
    Provenance provenance) {}
