package dev.tensafe.formats.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells errors that come of a full disk, or of a quota that is used up, from others. Java has no
 * type for them; what the system says is all there is. Stateless.
 */
public final class NoSpace {
  private static final int MAX_CAUSES = 16;

  private NoSpace() {}

  private static final class Texts {
    static final Set<String> ALL = texts();

    private static Set<String> texts() {
      Set<String> texts = new HashSet<>(Set.of("No space left on device", "Disk quota exceeded"));
      try {
        // writing to this device always fails so: the same in the language of the process
        Files.write(Path.of("/dev/full"), new byte[1]);
      } catch (FileSystemException e) {
        // there is no such device here
      } catch (IOException e) {
        texts.add(String.valueOf(e.getMessage()));
      }
      return texts;
    }
  }

  /** Whether an error, or one that it was caused by, says that there is no space left. */
  public static boolean causes(@Nullable Throwable error) {
    Throwable at = error;
    for (int i = 0; at != null && i < MAX_CAUSES; i++, at = at.getCause()) {
      if (at instanceof FileSystemException named) {
        if (named.getReason() != null && Texts.ALL.contains(named.getReason())) {
          return true;
        }
      } else if (at instanceof IOException && Texts.ALL.contains(String.valueOf(at.getMessage()))) {
        return true;
      }
    }
    return false;
  }
}
