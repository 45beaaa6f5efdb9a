package dev.tensafe.lora.weights;

/**
 * What of an adapter is in memory while it is served: all its weights, or, in mode he, the public
 * part of them. Freed and wiped when closed; a hook that reads it holds the adapter.
 */
public interface AdapterWeights extends AutoCloseable {
  @Override
  void close();
}
