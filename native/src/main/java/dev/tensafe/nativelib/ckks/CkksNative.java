package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeLibrary;
import java.nio.Buffer;

/**
 * The native methods. Addresses are those of handles that the caller keeps alive; offsets are in
 * bytes into direct buffers whose room the caller has checked.
 */
final class CkksNative {
  static {
    NativeLibrary.ensureLoaded();
  }

  private CkksNative() {}

  static native long contextOpen(int degree, long[] moduli, String level);

  static native void contextFree(long context);

  static native String contextKernel(long context);

  static native double contextMeasure(long context, int primitive, int repetitions);

  static native double[] contextMeasureProduct(
      long context,
      int tokens,
      int columns,
      int rows,
      int packedTokens,
      int packedOutputs,
      int repetitions);

  static native long publicHalvesOpen(long context, byte[] seed);

  static native void publicHalvesFree(long halves);

  static native long secretKeyDerive(long context, int kind, byte[] seed);

  static native void secretKeyFree(long key);

  static native long inputMessageBytes(
      long context, int tokens, int columns, int packedTokens, int packedOutputs);

  static native long inputsAnswerMessageBytes(long inputs, int rows);

  static native long answerMessageBytes(
      long context, int tokens, int rows, int packedTokens, int packedOutputs);

  static native long codecOpen(
      long context,
      byte[] exponents,
      int scaleBits,
      double divisor,
      double[] rowScales,
      double[] rowNorms,
      double[] dithers,
      double[] errors,
      long[][] r,
      long[][] f,
      double[] deviations);

  static native void codecFree(long codec);

  static native void encryptInputs(
      long key,
      long codec,
      int tokens,
      int packedTokens,
      int packedOutputs,
      Buffer x,
      long offset,
      int[] rows,
      long masks,
      long firstId,
      double[] notes,
      Buffer out,
      long outOffset);

  static native void decryptAnswers(
      long key,
      long codec,
      Buffer in,
      long inOffset,
      long length,
      int tokens,
      int packedTokens,
      int packedOutputs,
      double[] notes,
      double[] verdicts,
      Buffer out,
      long outOffset);

  static native long masksOpen(byte[] seed);

  static native void masksFree(long masks);

  static native long publicKeyCreate(long key, long halves);

  static native long publicKeyRead(long context, Buffer in, long offset, long length, long halves);

  static native void publicKeyFree(long key);

  static native long publicKeyBytes(long context);

  static native long publicKeyMessageBytes(long key);

  static native void publicKeyWrite(long key, Buffer out, long offset);

  static native long inputsRead(long context, long masks, Buffer in, long offset, long length);

  static native void inputsFree(long inputs);

  static native int[] inputsShape(long inputs);

  static native long weightsOpen(
      long context,
      Buffer matrix,
      long offset,
      int rows,
      int columns,
      int packedTokens,
      int packedOutputs);

  static native void weightsFree(long weights);

  static native long weightsBytes(long weights);

  static native long rerandomizerOpen(long halves, int capacity);

  static native void rerandomizerFree(long rerandomizer);

  static native int rerandomizerFill(long rerandomizer, int count);

  static native int rerandomizerLevel(long rerandomizer);

  static native void evaluateInputs(
      long inputs, long weights, long rerandomizer, long key, Buffer out, long offset);

  static native long padMessageBytes(long context, int rows);

  static native long padTokenBytes(long context, int count, int width);

  static native long inputBlockOpen(
      long context, long masks, int tokens, int columns, int rows, long firstId);

  static native void inputBlockFree(long block);

  static native void inputBlockAbsorb(long block, Buffer in, long offset, long length);

  static native long lanePadsMake(long block, long key);

  static native void lanePadsFree(long pads);

  static native void lanePadsEncrypt(
      long codec,
      long[] runs,
      int[] first,
      int[] count,
      Buffer x,
      long xOffset,
      int[] rows,
      double[] notes,
      Buffer out,
      long outOffset);

  static native void lanePadsDecrypt(
      long codec,
      long[] runs,
      int[] first,
      int[] count,
      Buffer in,
      long offset,
      long length,
      double[] notes,
      double[] verdicts,
      Buffer out,
      long outOffset);

  static native long dotWeightsOpen(Buffer matrix, long offset, int rows, int columns);

  static native void dotWeightsFree(long weights);

  static native long answerBlockMake(
      long masks, long weights, long halves, long firstId, Buffer out, long offset);

  static native void answerBlockFree(long block);

  static native long laneNoiseMake(long block, long key);

  static native void laneNoiseFree(long noise);

  static native void laneNoiseEvaluate(
      long weights,
      long[] runs,
      int[] first,
      int[] count,
      Buffer in,
      long inOffset,
      long length,
      Buffer out,
      long offset);

  static native long plaintextOpen(long context, int limbs, long[] coefficients);

  static native void plaintextFree(long plaintext);

  static native long ciphertextEncrypt(long key, long masks, long id, long plaintext);

  static native long ciphertextEncryptZero(long key);

  static native long ciphertextRead(long context, Buffer in, long offset, long length);

  static native long ciphertextReadSeeded(
      long context, long masks, Buffer in, long offset, long length);

  static native void ciphertextFree(long ciphertext);

  static native int ciphertextLimbs(long ciphertext);

  static native long ciphertextAdd(long a, long b);

  static native long ciphertextMultiply(long ciphertext, long plaintext);

  static native long ciphertextRescale(long ciphertext);

  static native long ciphertextDropLimb(long ciphertext);

  static native long[] ciphertextDecrypt(long ciphertext, long key, int count);

  static native long ciphertextBytes(long ciphertext, boolean seeded);

  static native void ciphertextWrite(long ciphertext, boolean seeded, Buffer out, long offset);

  static native long slotsOpen(int degree);

  static native void slotsFree(long encoder);

  static native long[] slotsEncode(long encoder, double[] parts, double scale);

  static native double[] slotsDecode(long encoder, double[] coefficients, double scale);

  static native long tagConstantsBytes(long context, int rows);

  static native long tagChunkBytes(long context, int columns);

  static native long tagRequestOpen(long context, int rows, int scaleBits);

  static native void tagRequestFree(long request);

  static native long[] tagRequestConstants(long request);

  static native void tagRequestWrite(long request, long key, Buffer out, long offset);

  static native long[] tagRequestRead(
      long request, long key, Buffer in, long offset, long length, int columns);

  static native long tagAnswerOpen(long context, int rows, Buffer in, long offset, long length);

  static native void tagAnswerFree(long answer);

  static native void tagAnswerPut(
      long answer, Buffer matrix, long offset, int rows, int columns, int first, int count, int at);

  static native void tagAnswerWrite(long answer, long key, int columns, Buffer out, long offset);
}
