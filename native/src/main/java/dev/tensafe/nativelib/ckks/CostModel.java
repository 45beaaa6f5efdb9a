package dev.tensafe.nativelib.ckks;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the steps of the protocol cost on this machine, in seconds of one core. Measured once at
 * start.
 *
 * @param encrypt per input ciphertext, at the model host
 * @param receive per input ciphertext, at the adapter host
 * @param accumulateShared per multiply-accumulate with T ≥ 8
 * @param accumulateDistinct per multiply-accumulate with T = 1
 * @param answer per answer from the pool with one wanted coefficient
 * @param refill per answer, for the pool
 * @param decrypt per answer with one wanted coefficient
 * @param inverse of a whole inverse transform of one limb
 */
public record CostModel(
    double encrypt,
    double receive,
    double accumulateShared,
    double accumulateDistinct,
    double answer,
    double refill,
    double decrypt,
    double inverse) {
  private static final int ROUNDS = 5;

  private static final List<Primitive> STEPS =
      List.of(
          Primitive.ENCRYPT,
          Primitive.RECEIVE,
          Primitive.ACCUMULATE_SHARED,
          Primitive.ACCUMULATE_DISTINCT,
          Primitive.ANSWER,
          Primitive.ZERO_ENCRYPTION,
          Primitive.DECRYPT,
          Primitive.INVERSE_TRANSFORM);

  /**
   * Times every step in several rounds and keeps the smallest median of each: a busy neighbour
   * makes single steps slow for a while, and a model of such a mixture would choose badly. Takes
   * about {@code repetitions} milliseconds in all.
   */
  public static CostModel measure(CkksContext context, int repetitions) {
    int samples = Math.max(1, repetitions / ROUNDS);
    Map<Primitive, Double> best = new EnumMap<>(Primitive.class);
    for (int round = 0; round < ROUNDS; round++) {
      for (Primitive step : STEPS) {
        best.merge(step, context.measure(step, samples), Math::min);
      }
    }
    return new CostModel(
        requireNonNull(best.get(Primitive.ENCRYPT)),
        requireNonNull(best.get(Primitive.RECEIVE)),
        requireNonNull(best.get(Primitive.ACCUMULATE_SHARED)),
        requireNonNull(best.get(Primitive.ACCUMULATE_DISTINCT)),
        requireNonNull(best.get(Primitive.ANSWER)),
        requireNonNull(best.get(Primitive.ZERO_ENCRYPTION)),
        requireNonNull(best.get(Primitive.DECRYPT)),
        requireNonNull(best.get(Primitive.INVERSE_TRANSFORM)));
  }

  /**
   * CPU time of both parties for one batch, refill of the pool included.
   *
   * @param rows r'
   */
  public double seconds(CkksParameters parameters, InputShape shape, int rows) {
    int degree = parameters.degree();
    Packing packing = shape.packing();
    AnswerShape answers = new AnswerShape(shape.tokens(), rows, packing);
    long in = shape.ciphertexts(degree);
    long out = answers.ciphertexts();
    double blocks = InputShape.ceilDivide(shape.columns(), packing.columns(degree));
    double products = 2.0 * parameters.limbs() * degree * blocks * out;
    double accumulate = packing.tokens() >= 8 ? accumulateShared : accumulateDistinct;
    // the low coefficients of an inverse transform need their share of its levels, at both parties
    double levels = Integer.numberOfTrailingZeros(packing.tokens() * packing.outputs());
    double share = levels / Integer.numberOfTrailingZeros(degree);
    double perAnswer = answer + refill + decrypt + (1 + parameters.limbs()) * share * inverse;
    return in * (encrypt + receive) + products * accumulate + out * perAnswer;
  }
}
