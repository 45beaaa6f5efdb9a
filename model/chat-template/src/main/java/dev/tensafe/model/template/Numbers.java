package dev.tensafe.model.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic on bool, int and float. */
final class Numbers {
  private Numbers() {}

  static boolean isNumeric(@Nullable Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  static long integer(@Nullable Object value) {
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    } else if (value instanceof Long number) {
      return number;
    }
    throw TemplateException.error(Values.typeName(value) + " is not a usable integer here");
  }

  static double number(@Nullable Object value) {
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    } else if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw TemplateException.error(Values.typeName(value) + " is not a number");
  }

  static int compare(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Double || b instanceof Double) {
      double left = number(a);
      double right = number(b);
      return left < right ? -1 : left > right ? 1 : 0;
    }
    return big(a).compareTo(big(b));
  }

  private static BigInteger big(@Nullable Object value) {
    return value instanceof BigInteger number ? number : BigInteger.valueOf(integer(value));
  }

  static Object negate(@Nullable Object value) {
    return value instanceof Double number ? (Object) (-number) : (Object) (-integer(value));
  }

  static Object apply(String operator, @Nullable Object a, @Nullable Object b) {
    if (!isNumeric(a) || !isNumeric(b)) {
      throw TemplateException.error(
          "unsupported operand types for "
              + operator
              + ": "
              + Values.typeName(a)
              + " and "
              + Values.typeName(b));
    }
    try {
      if (a instanceof Double || b instanceof Double || operator.equals("/")) {
        return floats(operator, number(a), number(b));
      }
      return integers(operator, integer(a), integer(b));
    } catch (ArithmeticException e) {
      throw TemplateException.error("arithmetic overflow or division by zero");
    }
  }

  private static Object integers(String operator, long a, long b) {
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      case "**" -> power(a, b);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static Object power(long base, long exponent) {
    if (exponent < 0) {
      return Math.pow((double) base, (double) exponent);
    }
    if (exponent > 64 && Math.abs(base) > 1) {
      throw new ArithmeticException("too large");
    }
    return BigInteger.valueOf(base)
        .pow((int) Math.min(exponent, 65 + exponent % 2))
        .longValueExact();
  }

  private static Object floats(String operator, double a, double b) {
    if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new ArithmeticException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      case "**" -> Math.pow(a, b);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  /** {@code repr} of a float: shortest digits, exponent from 1e16 up and below 1e-4. */
  static String floatText(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    } else if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    } else if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    String digits = exact.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - exact.scale();
    String sign = value < 0 ? "-" : "";
    if (exponent >= -4 && exponent < 16) {
      String plain = exact.abs().toPlainString();
      return sign + plain + (plain.indexOf('.') < 0 ? ".0" : "");
    }
    String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
    String magnitude = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + magnitude;
  }
}
