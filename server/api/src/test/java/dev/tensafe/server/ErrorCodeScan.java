package dev.tensafe.server;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What sources say of errors and headers, read with the compiler's own parser: a new error cannot
 * be written in a way that this does not see. A code that is no literal is reported as such, with
 * the class it stands in, for the test to know where its values come from.
 */
final class ErrorCodeScan {
  /** Codes as {@code status type code}; {@code ?} for what is no literal. */
  final Set<String> codes = new TreeSet<>();

  /** {@code Class: expression} for every code that is no literal. */
  final Set<String> dynamic = new TreeSet<>();

  /** Arguments of calls, by the name of the method: {@code putHeader}, {@code getHeader}, … */
  private final Map<String, Set<String>> arguments = new HashMap<>();

  /**
   * First string of every {@code new X(…)}, with the argument before it: {@code Kind.INVALID x.y}
   */
  private final Map<String, Set<String>> constructed = new HashMap<>();

  /** Methods that hand a parameter on as the code: position of that parameter, and the error. */
  private record Forward(int parameter, String statusAndType) {}

  private final Map<String, Forward> forwards = new HashMap<>();

  /** Reads all sources below some directories. */
  static ErrorCodeScan of(Path... directories) throws IOException {
    ErrorCodeScan scan = new ErrorCodeScan();
    // twice: methods that hand codes on are known the second time
    for (int pass = 0; pass < 2; pass++) {
      scan.codes.clear();
      scan.dynamic.clear();
      for (Path directory : directories) {
        scan.read(directory);
      }
    }
    return scan;
  }

  /** Names that are given to a method, in small letters. */
  Set<String> namesGivenTo(String method) {
    return arguments.getOrDefault(method, Set.of());
  }

  Set<String> constructed(String type) {
    return constructed.getOrDefault(type, Set.of());
  }

  private void read(Path directory) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> found = Files.walk(directory)) {
      List<Path> sources = found.filter(p -> p.toString().endsWith(".java")).toList();
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
      for (CompilationUnitTree unit : task.parse()) {
        new Reader().scan(unit, null);
      }
    }
  }

  private final class Reader extends TreeScanner<Void, Void> {
    private final Map<String, String> constants = new HashMap<>();
    private String className = "";
    private MethodTree method;

    @Override
    public Void visitClass(ClassTree tree, Void none) {
      String outer = className;
      className = outer.isEmpty() ? tree.getSimpleName().toString() : outer;
      for (Tree member : tree.getMembers()) {
        if (member instanceof VariableTree field
            && field.getInitializer() instanceof LiteralTree literal
            && literal.getValue() instanceof String text) {
          constants.put(field.getName().toString(), text);
        }
      }
      super.visitClass(tree, none);
      className = outer;
      return null;
    }

    @Override
    public Void visitMethod(MethodTree tree, Void none) {
      MethodTree outer = method;
      method = tree;
      super.visitMethod(tree, none);
      method = outer;
      return null;
    }

    @Override
    public Void visitNewClass(NewClassTree tree, Void none) {
      List<? extends ExpressionTree> given = tree.getArguments();
      String type = tree.getIdentifier().toString();
      if (type.equals("ApiException")) {
        found(text(given.get(0)) + " " + text(given.get(1)), given.get(4));
      }
      for (int i = 0; i < Math.min(2, given.size()); i++) {
        if (given.get(i) instanceof LiteralTree literal && literal.getValue() instanceof String s) {
          String before = i == 0 ? "" : given.get(0) + " ";
          constructed.computeIfAbsent(type, t -> new TreeSet<>()).add(before + s);
          break;
        }
      }
      return super.visitNewClass(tree, none);
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree tree, Void none) {
      List<? extends ExpressionTree> given = tree.getArguments();
      String called = tree.getMethodSelect().toString();
      String name = called.substring(called.lastIndexOf('.') + 1);
      boolean here = className.equals("ApiException") && !called.contains(".");
      if (called.equals("ApiException.invalid") || here && name.equals("invalid")) {
        found("400 invalid_request_error", given.get(1));
      } else if (called.equals("ApiException.unavailable") || here && name.equals("unavailable")) {
        found("503 server_error", given.get(0));
      }
      Forward forward = forwards.get(className + "." + name);
      if (forward != null && !called.contains(".")) {
        found(forward.statusAndType(), given.get(forward.parameter()));
      }
      if (!given.isEmpty() && Set.of("putHeader", "getHeader", "getParam").contains(name)) {
        arguments
            .computeIfAbsent(name, n -> new TreeSet<>())
            .add(text(given.get(0)).toLowerCase(Locale.ROOT));
      }
      return super.visitMethodInvocation(tree, none);
    }

    private void found(String statusAndType, ExpressionTree code) {
      if (code instanceof LiteralTree) {
        codes.add(statusAndType + " " + text(code));
      } else if (!forwarded(statusAndType, code)) {
        dynamic.add(className + ": " + code);
      }
    }

    /** Whether the code is a parameter of the method; its calls say which codes there are. */
    private boolean forwarded(String statusAndType, ExpressionTree code) {
      if (!(code instanceof IdentifierTree) || method == null) {
        return false;
      }
      for (int i = 0; i < method.getParameters().size(); i++) {
        if (method.getParameters().get(i).getName().contentEquals(code.toString())) {
          // those of ApiException itself are known by name
          if (!className.equals("ApiException")) {
            forwards.put(className + "." + method.getName(), new Forward(i, statusAndType));
          }
          return true;
        }
      }
      return false;
    }

    private String text(ExpressionTree tree) {
      if (tree instanceof LiteralTree literal) {
        return String.valueOf(literal.getValue());
      }
      return constants.getOrDefault(tree.toString(), "?");
    }
  }
}
