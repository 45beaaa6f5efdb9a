package dev.tensafe.tssp.manifest;

import java.math.BigDecimal;

/**
 * One adapted projection.
 *
 * @param name as in the checkpoint, such as {@code model.layers.0.self_attn.q_proj}
 * @param rank of A and B as trained
 * @param alpha as trained
 */
public record AdapterModule(String name, int rank, BigDecimal alpha) {}
