package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The accountant by R&eacute;nyi differential privacy (Mironov, arXiv 1702.07476): divergences of
 * many orders, which add up over steps. What they say of epsilon and delta is the bound of Canonne,
 * Kamath and Steinke (arXiv 2004.00010, proposition 12), at the order that says most. Immutable.
 */
public final class RdpAccountant implements Accountant {
  /** The orders of the field's libraries: 1.1 to 10.9, 11 to 63, 128, 256, 512, 1024. */
  private static final double[] ORDERS =
      DoubleStream.concat(
              IntStream.range(11, 110).mapToDouble(tenths -> tenths / 10.0),
              IntStream.concat(IntStream.range(11, 64), IntStream.of(128, 256, 512, 1024))
                  .asDoubleStream())
          .toArray();

  private static final double MOST_ORDER = 100_000;

  /** The bound rounds badly where an order is nearer to 1, and says nothing there. */
  private static final double LEAST_ORDER = 1.01;

  private final double[] orders;
  private final double[] logOrders;
  private final double[] logRests;

  /** An accountant with the usual orders. */
  public RdpAccountant() {
    this(ORDERS);
  }

  /**
   * An accountant with orders of one's own.
   *
   * @param orders each from 1.01 to 100,000
   * @throws PrivacyException {@code privacy.invalid}
   */
  public RdpAccountant(double... orders) {
    this.orders = orders.clone();
    logOrders = Arrays.stream(orders).map(Math::log).toArray();
    logRests = Arrays.stream(orders).map(order -> Math.log1p(-1 / order)).toArray();
    if (orders.length == 0) {
      throw PrivacyException.invalid("no orders: there is at least one");
    }
    for (double order : orders) {
      if (!(order >= LEAST_ORDER && order <= MOST_ORDER)) {
        throw PrivacyException.invalid(
            "an order of " + order + ": it is from " + LEAST_ORDER + " to " + MOST_ORDER);
      }
    }
  }

  @Override
  public String name() {
    return "RDP";
  }

  /** The orders, in the order of a {@link #curve}. */
  public double[] orders() {
    return orders.clone();
  }

  /** Divergences of one step by order; those of several steps are their sum. */
  public double[] stepCurve(double rate, double noiseMultiplier) {
    SampledGaussian checked = new SampledGaussian(rate, noiseMultiplier, 1);
    double[] curve = new double[orders.length];
    for (int i = 0; i < curve.length; i++) {
      curve[i] =
          RenyiMoment.logA(checked.rate(), checked.noiseMultiplier(), orders[i]) / (orders[i] - 1);
    }
    return curve;
  }

  /** Divergences of all steps together, by order. */
  public double[] curve(List<SampledGaussian> events) {
    double[] curve = new double[orders.length];
    for (SampledGaussian event : requireNonNull(events, "events is null")) {
      double[] step = stepCurve(event.rate(), event.noiseMultiplier());
      for (int i = 0; i < curve.length; i++) {
        curve[i] += event.steps() * step[i];
      }
    }
    return curve;
  }

  @Override
  public double epsilon(List<SampledGaussian> events, double delta) {
    return epsilon(curve(events), delta);
  }

  @Override
  public double delta(List<SampledGaussian> events, double epsilon) {
    return delta(curve(events), epsilon);
  }

  /**
   * The epsilon that divergences give at a delta.
   *
   * @param curve divergences by order
   */
  public double epsilon(double[] curve, double delta) {
    requireDelta(delta);
    requireCurve(curve);
    double logDelta = Math.log(delta);
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < curve.length; i++) {
      least = Math.min(least, epsilonAt(i, curve[i], delta, logDelta));
    }
    return Math.max(0, least);
  }

  /** The order whose bound {@link #epsilon(double[], double)} returns. */
  public double bestOrder(double[] curve, double delta) {
    double epsilon = epsilon(curve, delta);
    double logDelta = Math.log(delta);
    int at = 0;
    while (at < curve.length - 1
        && Math.max(0, epsilonAt(at, curve[at], delta, logDelta)) > epsilon) {
      at++;
    }
    return orders[at];
  }

  private double epsilonAt(int at, double divergence, double delta, double logDelta) {
    // Bretagnolle and Huber: delta <= sqrt(1 - exp(-KL)), and KL is at most this divergence.
    if (divergence < -Math.log1p(-delta * delta)) {
      return 0;
    }
    return divergence + logRests[at] - (logDelta + logOrders[at]) / (orders[at] - 1);
  }

  /**
   * The delta that divergences give at an epsilon.
   *
   * @param curve divergences by order
   */
  public double delta(double[] curve, double epsilon) {
    requireEpsilon(epsilon);
    requireCurve(curve);
    double least = 0;
    for (int i = 0; i < curve.length; i++) {
      double order = orders[i];
      double log = (order - 1) * (curve[i] - epsilon + Math.log1p(-1 / order)) - Math.log(order);
      least = Math.min(least, Math.min(log, 0.5 * Math.log(-Math.expm1(-curve[i]))));
    }
    return Math.exp(least);
  }

  static void requireDelta(double delta) {
    if (!(delta > 0 && delta < 1)) {
      throw PrivacyException.invalid("a delta of " + delta + ": it is more than 0, less than 1");
    }
  }

  static void requireEpsilon(double epsilon) {
    if (!(epsilon >= 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw PrivacyException.invalid("an epsilon of " + epsilon + ": it is at least 0, and finite");
    }
  }

  private void requireCurve(double[] curve) {
    boolean sound = curve.length == orders.length;
    for (double divergence : curve) {
      sound &= divergence >= 0;
    }
    if (!sound) {
      throw PrivacyException.invalid(
          "a curve has " + orders.length + " divergences, one for each order, each at least 0");
    }
  }
}
