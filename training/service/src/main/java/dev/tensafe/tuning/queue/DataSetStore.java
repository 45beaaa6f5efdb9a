package dev.tensafe.tuning.queue;

import dev.tensafe.training.loss.Datum;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.command.CommandCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Data sets that the service holds, so that it can draw from them itself: encrypted, example by
 * example. Once it has drawn, a set does not change any more. Thread-safe.
 */
public final class DataSetStore implements AutoCloseable {
  private static final List<String> SCHEMA =
      List.of(
          "create table if not exists data_set ("
              + " tenant text not null, name text not null, sealed integer not null default 0,"
              + " bytes integer not null default 0, primary key (tenant, name))",
          "create table if not exists example ("
              + " tenant text not null, name text not null, number integer not null,"
              + " value blob not null, primary key (tenant, name, number))");

  private final StoreCipher cipher;
  private final long mostBytes;

  private final Database database;

  private DataSetStore(Database database, StoreCipher cipher, long mostBytes) {
    this.database = database;
    this.cipher = cipher;
    this.mostBytes = mostBytes;
  }

  /**
   * Opens the store.
   *
   * @param mostBytes of one tenant's data sets
   * @throws TuningException {@code tuning.store}
   */
  public static DataSetStore open(Path file, StoreCipher cipher, long mostBytes) {
    return new DataSetStore(Database.open(file, SCHEMA), cipher, mostBytes);
  }

  /**
   * Adds examples to a set, which begins with them if it is new.
   *
   * @param from the number of the first: where the set ends now. The same call again adds nothing
   * @return how many it has then
   * @throws TuningException {@code tuning.data_set_sealed}, {@code tuning.data_set_full}, {@code
   *     tuning.conflict} when it ends elsewhere
   */
  public synchronized long append(String tenant, String name, long from, List<Datum> examples) {
    long size = size(tenant, name);
    if (from + examples.size() <= size && from >= 0) {
      return size;
    }
    if (from != size) {
      throw new TuningException(
          Kind.CONFLICT,
          "tuning.conflict",
          "the data set has " + size + " examples; the next one is number " + size);
    }
    if (sealed(tenant, name)) {
      throw new TuningException(
          Kind.CONFLICT,
          "tuning.data_set_sealed",
          "the data set was drawn from; what comes later needs a data set of its own");
    }
    List<byte[]> values = examples.stream().map(CommandCodec::write).toList();
    long bytes = values.stream().mapToLong(value -> value.length).sum();
    long before =
        database.number("select coalesce(sum(bytes), 0) from data_set where tenant = ?", tenant);
    if (before + bytes > mostBytes) {
      throw new TuningException(
          Kind.QUOTA,
          "tuning.data_set_full",
          "data sets of this API key have " + before + " bytes; " + mostBytes + " may be");
    }
    database.together(
        () -> {
          database.update(
              "insert or ignore into data_set (tenant, name) values (?, ?)", tenant, name);
          database.update(
              "update data_set set bytes = bytes + ? where tenant = ? and name = ?",
              bytes,
              tenant,
              name);
          for (int i = 0; i < values.size(); i++) {
            database.update(
                "insert into example values (?, ?, ?, ?)",
                tenant,
                name,
                from + i,
                cipher.seal(label(tenant, name, from + i), values.get(i)));
          }
        });
    return from + examples.size();
  }

  private static String label(String tenant, String name, long number) {
    return tenant + "\n" + name + "\n" + number;
  }

  /** Examples of a set; 0 where there is none. */
  public synchronized long size(String tenant, String name) {
    return database.number(
        "select count(*) from example where tenant = ? and name = ?", tenant, name);
  }

  private boolean sealed(String tenant, String name) {
    return database.number(
            "select sealed from data_set where tenant = ? and name = ?", tenant, name)
        == 1;
  }

  /**
   * Examples of a set, which is sealed from then on.
   *
   * @param numbers which
   */
  public synchronized List<Datum> draw(String tenant, String name, List<Integer> numbers) {
    database.update("update data_set set sealed = 1 where tenant = ? and name = ?", tenant, name);
    List<Datum> out = new ArrayList<>();
    for (int number : numbers) {
      out.add(
          database
              .first(
                  row ->
                      CommandCodec.readDatum(
                          cipher.open(label(tenant, name, number), row.getBytes(1))),
                  "select value from example where tenant = ? and name = ? and number = ?",
                  tenant,
                  name,
                  number)
              .orElseThrow(
                  () ->
                      new TuningException(
                          Kind.FAILED, "tuning.store", "an example of a data set is gone")));
    }
    return out;
  }

  @Override
  public synchronized void close() {
    database.close();
  }
}
