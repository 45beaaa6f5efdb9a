package dev.tensafe.lora.registry;

import java.util.List;

/** Several that hear of the same load. */
record LoadWatches(List<LoadWatch> all) implements LoadWatch {
  @Override
  public void verifying(String digest) {
    all.forEach(watch -> watch.verifying(digest));
  }

  @Override
  public void verified() {
    all.forEach(LoadWatch::verified);
  }

  @Override
  public void refused(String code) {
    all.forEach(watch -> watch.refused(code));
  }
}
