package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.Regexes;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * JSON numbers as regular expressions. Among numbers without an exponent, a language has all
 * spellings of a value or none. What an exponent makes of a number is no regular matter, so of
 * numbers with one a language is given from below (what may be written) and from above.
 */
final class NumberTexts {
  /** Digits of a limit or a divisor. */
  private static final int MOST_DIGITS = 400;

  /** Digits of a divisor's fraction. */
  private static final int MOST_FRACTION = 12;

  private final Regexes regexes;
  private final int digit;
  private final int digits;
  private final int minus;
  private final int zeros;

  /** Without sign and exponent. */
  private final int plain;

  private final int integerPart;
  private final int exponent;
  private final int withExponent;
  private final int positiveWithExponent;
  private final int all;

  NumberTexts(Regexes regexes) {
    this.regexes = regexes;
    this.digit = regexes.range('0', '9');
    this.digits = regexes.repeat(digit, 0, Regexes.UNBOUNDED);
    this.minus = text("-");
    int zero = text("0");
    this.zeros = regexes.repeat(zero, 0, Regexes.UNBOUNDED);
    int first = regexes.range('1', '9');
    this.integerPart = regexes.any(zero, regexes.then(first, digits));
    int fraction = regexes.sequence(text("."), digit, digits);
    this.plain = regexes.then(integerPart, regexes.optional(fraction));
    // to 1e307, so that no reader makes infinity of it
    int upTo307 =
        regexes.any(
            regexes.sequence(regexes.optional(zero), digit, regexes.optional(digit)),
            regexes.sequence(regexes.range('1', '2'), digit, digit),
            regexes.sequence(text("30"), regexes.range('0', '7')));
    this.exponent =
        regexes.sequence(
            regexes.any(text("e"), text("E")),
            regexes.optional(regexes.any(text("+"), minus)),
            upTo307);
    this.withExponent = regexes.sequence(regexes.optional(minus), plain, exponent);
    int notZero =
        regexes.any(
            regexes.sequence(first, digits, regexes.optional(fraction)),
            regexes.sequence(text("0."), zeros, first, digits));
    this.positiveWithExponent = regexes.then(notZero, exponent);
    this.all = regexes.sequence(regexes.optional(minus), plain, regexes.optional(exponent));
  }

  /** From below and from above. */
  record Bounds(int low, int high) {}

  private int text(String ascii) {
    return regexes.literal(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  /** Every number. */
  int all() {
    return all;
  }

  /** Integers as they are written by choice: no fraction, no zero with a sign. */
  int canonicalIntegers() {
    return regexes.any(
        text("0"), regexes.sequence(regexes.optional(minus), regexes.range('1', '9'), digits));
  }

  /** Numbers without exponent that are no integers. */
  int fractions() {
    return regexes.sequence(
        regexes.optional(minus), integerPart, text("."), digits, regexes.range('1', '9'), digits);
  }

  /** Integers: 1, and 1.0 too. */
  Bounds integers() {
    int low =
        regexes.sequence(regexes.optional(minus), integerPart, regexes.optional(zeroFraction()));
    return new Bounds(low, regexes.any(low, withExponent));
  }

  private int zeroFraction() {
    return regexes.sequence(text("."), text("0"), zeros);
  }

  /** One value. */
  Bounds value(BigDecimal value, String where) {
    BigDecimal magnitude = checked(value, where).abs();
    String[] parts = parts(magnitude);
    int behind =
        parts[1].isEmpty()
            ? regexes.optional(zeroFraction())
            : regexes.sequence(text("." + parts[1]), zeros);
    int unsigned = regexes.then(text(parts[0]), behind);
    int low =
        switch (value.signum()) {
          case 0 -> regexes.then(regexes.optional(minus), unsigned);
          case 1 -> unsigned;
          default -> regexes.then(minus, unsigned);
        };
    return new Bounds(low, regexes.any(low, withExponent));
  }

  /** Numbers of at least a value, or of more. */
  Bounds atLeast(BigDecimal value, boolean more, String where) {
    BigDecimal limit = checked(value, where);
    int low =
        limit.signum() > 0
            ? unsignedAtLeast(limit, more)
            : regexes.any(
                regexes.then(minus, unsignedAtMost(limit.negate(), more)),
                limit.signum() == 0 && more ? unsignedAtLeast(limit, true) : plain);
    return new Bounds(
        limit.signum() > 0 ? low : regexes.any(low, positiveWithExponent),
        regexes.any(low, withExponent));
  }

  /** Numbers of at most a value, or of less. */
  Bounds atMost(BigDecimal value, boolean less, String where) {
    BigDecimal limit = checked(value, where);
    int low =
        limit.signum() < 0
            ? regexes.then(minus, unsignedAtLeast(limit.negate(), less))
            : regexes.any(
                unsignedAtMost(limit, less),
                regexes.then(
                    minus, limit.signum() == 0 && less ? unsignedAtLeast(limit, true) : plain));
    return new Bounds(
        limit.signum() < 0 ? low : regexes.any(low, regexes.then(minus, positiveWithExponent)),
        regexes.any(low, withExponent));
  }

  private BigDecimal checked(BigDecimal value, String where) {
    BigDecimal bare = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    if (bare.precision() > MOST_DIGITS || Math.abs((long) bare.scale()) > MOST_DIGITS) {
      throw SchemaErrors.tooComplex(where, "a number of more than " + MOST_DIGITS + " digits");
    }
    return bare;
  }

  private static String[] parts(BigDecimal magnitude) {
    String[] parts = magnitude.toPlainString().split("\\.", 2);
    return new String[] {parts[0], parts.length == 1 ? "" : parts[1]};
  }

  private int unsignedAtMost(BigDecimal limit, boolean less) {
    int above = unsignedAtLeast(limit, !less);
    int id = regexes.all(plain, regexes.not(above));
    return regexes.isAlive(id) ? id : Regexes.NOTHING;
  }

  private int unsignedAtLeast(BigDecimal limit, boolean more) {
    String[] parts = parts(limit);
    String whole = parts[0];
    int longer =
        regexes.sequence(
            regexes.range('1', '9'), regexes.repeat(digit, whole.length(), Regexes.UNBOUNDED));
    int above = regexes.any(longer, greater(whole, Regexes.EMPTY, true));
    int fraction = regexes.sequence(text("."), digit, digits);
    return regexes.any(
        regexes.then(above, regexes.optional(fraction)),
        regexes.then(text(whole), fractionAtLeast(parts[1], more)));
  }

  /**
   * Digits that are greater than others of the same number, then anything.
   *
   * @param same whether no further digits may follow
   */
  private int greater(String limit, int behind, boolean same) {
    int all = Regexes.NOTHING;
    for (int i = 0; i < limit.length(); i++) {
      if (limit.charAt(i) < '9') {
        int left = limit.length() - i - 1;
        int open = same ? regexes.repeat(digit, left, left) : digits;
        all =
            regexes.any(
                all,
                regexes.sequence(
                    text(limit.substring(0, i)),
                    regexes.range(limit.charAt(i) + 1, '9'),
                    open,
                    behind));
      }
    }
    return all;
  }

  private int fractionAtLeast(String limit, boolean more) {
    int notZero = regexes.sequence(digits, regexes.range('1', '9'), digits);
    if (limit.isEmpty()) {
      return more
          ? regexes.then(text("."), notZero)
          : regexes.optional(regexes.sequence(text("."), digit, digits));
    }
    int equal = regexes.then(text(limit), more ? notZero : digits);
    return regexes.then(text("."), regexes.any(equal, greater(limit, Regexes.EMPTY, false)));
  }

  /** Multiples of a positive number. */
  Bounds multiples(BigDecimal of, String where) {
    BigDecimal divisor = checked(of, where);
    int places = Math.max(0, divisor.scale());
    if (places > MOST_FRACTION) {
      throw SchemaErrors.unsupported(
          where, "multipleOf with more than " + MOST_FRACTION + " digits behind the point");
    }
    BigInteger scaled = divisor.movePointRight(places).toBigIntegerExact();
    int unsigned = Regexes.NOTHING;
    for (int shown = 0; shown <= places; shown++) {
      BigInteger rest = BigInteger.TEN.pow(places - shown);
      BigInteger step = scaled.divide(scaled.gcd(rest));
      if (step.bitLength() > 27) {
        throw SchemaErrors.unsupported(where, "multipleOf a number of so many digits");
      }
      int form =
          shown == 0
              ? integerPart
              : regexes.sequence(integerPart, text("."), regexes.repeat(digit, shown, shown));
      int exact =
          step.equals(BigInteger.ONE)
              ? form
              : regexes.all(form, regexes.multiple(step.intValueExact()));
      unsigned =
          regexes.any(
              unsigned, regexes.then(exact, shown == 0 ? regexes.optional(zeroFraction()) : zeros));
    }
    int low = regexes.then(regexes.optional(minus), unsigned);
    return new Bounds(low, regexes.any(low, withExponent));
  }
}
