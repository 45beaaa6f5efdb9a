package dev.tensafe.tuning.queue;

import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One SQLite file with a write-ahead log. Every change is on disk when its method returns. One
 * connection. Thread-safe: each call, and all that is made together, is one change.
 */
final class Database implements AutoCloseable {
  private final Connection connection;

  private Database(Connection connection) {
    this.connection = connection;
  }

  /**
   * Opens a file.
   *
   * @param schema statements that make what is not there
   * @throws TuningException {@code tuning.store}
   */
  static Database open(Path file, List<String> schema) {
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file.toAbsolutePath());
      Database database = new Database(connection);
      try (var statement = connection.createStatement()) {
        statement.execute("pragma journal_mode = wal");
        statement.execute("pragma synchronous = full");
        statement.execute("pragma locking_mode = exclusive");
        statement.execute("pragma secure_delete = on");
        for (String table : schema) {
          statement.execute(table);
        }
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      return database;
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  static TuningException failure(SQLException e) {
    // its message may quote a value
    return new TuningException(
        Kind.FAILED,
        "tuning.store",
        "the store of calls cannot be used (SQLite error " + e.getErrorCode() + ")");
  }

  /** Reads one row of an answer. */
  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  synchronized <T> List<T> query(RowReader<T> reader, String sql, @Nullable Object... arguments) {
    try (PreparedStatement statement = prepare(sql, arguments);
        ResultSet rows = statement.executeQuery()) {
      List<T> out = new ArrayList<>();
      while (rows.next()) {
        out.add(reader.read(rows));
      }
      return out;
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  synchronized <T> Optional<T> first(
      RowReader<T> reader, String sql, @Nullable Object... arguments) {
    return query(reader, sql, arguments).stream().findFirst();
  }

  synchronized long number(String sql, @Nullable Object... arguments) {
    return first(row -> row.getLong(1), sql, arguments).orElse(0L);
  }

  /**
   * Changes rows.
   *
   * @return how many
   */
  synchronized int update(String sql, @Nullable Object... arguments) {
    try (PreparedStatement statement = prepare(sql, arguments)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Makes several changes one: all of them are made, or none. */
  synchronized void together(Runnable changes) {
    try {
      connection.setAutoCommit(false);
      boolean made = false;
      try {
        changes.run();
        connection.commit();
        made = true;
      } finally {
        if (!made) {
          connection.rollback();
        }
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }

  @Override
  public synchronized void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw failure(e);
    }
  }
}
