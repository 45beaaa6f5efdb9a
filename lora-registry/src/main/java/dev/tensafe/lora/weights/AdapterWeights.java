package dev.tensafe.lora.weights;

/**
 * The part of an adapter that is in memory while it is served: all its weights or, in mode he, the
 * public part. Freed and wiped when closed; a hook that reads it holds the adapter.
 */
public interface AdapterWeights extends AutoCloseable {
  @Override
  void close();
}
