package dev.tensafe.he.client;

/** What the batches of all steps share. Confined to the engine's thread. */
record StepTools(PackingTools packings, Scratch scratch, AnswerCheck check) {}
