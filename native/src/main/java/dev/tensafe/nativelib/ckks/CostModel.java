package dev.tensafe.nativelib.ckks;

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

  /** Times every step, about {@code repetitions} milliseconds in all. */
  public static CostModel measure(CkksContext context, int repetitions) {
    return new CostModel(
        context.measure(Primitive.ENCRYPT, repetitions),
        context.measure(Primitive.RECEIVE, repetitions),
        context.measure(Primitive.ACCUMULATE_SHARED, repetitions),
        context.measure(Primitive.ACCUMULATE_DISTINCT, repetitions),
        context.measure(Primitive.ANSWER, repetitions),
        context.measure(Primitive.ZERO_ENCRYPTION, repetitions),
        context.measure(Primitive.DECRYPT, repetitions),
        context.measure(Primitive.INVERSE_TRANSFORM, repetitions));
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
