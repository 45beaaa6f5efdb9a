package dev.tensafe.executors;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.RotaryEmbedding;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** The decoder written out in double precision, one sequence, no cache: the oracle of the tests. */
final class ReferenceDecoder {
  private final ModelConfig c;
  private final Checkpoint checkpoint;

  ReferenceDecoder(ModelConfig config, Checkpoint checkpoint) {
    this.c = config;
    this.checkpoint = checkpoint;
  }

  /** Logits {@code [tokens][vocab]}. */
  double[][] logits(int[] tokens, int promptLength) {
    double[][] embedding = matrix("model.embed_tokens.weight");
    int n = tokens.length;
    double[][] h = new double[n][];
    for (int t = 0; t < n; t++) {
      h[t] = embedding[tokens[t]].clone();
    }
    for (int layer = 0; layer < c.layers(); layer++) {
      String p = "model.layers." + layer + ".";
      double[][] x = norm(h, vector(p + "input_layernorm.weight"));
      double[][] q = linear(x, p + "self_attn.q_proj");
      double[][] k = linear(x, p + "self_attn.k_proj");
      double[][] v = linear(x, p + "self_attn.v_proj");
      if (c.queryKeyNorm()) {
        normHeads(q, vector(p + "self_attn.q_norm.weight"));
        normHeads(k, vector(p + "self_attn.k_norm.weight"));
      }
      rotate(q, promptLength);
      rotate(k, promptLength);
      add(h, linear(attention(q, k, v, c.windows().get(layer)), p + "self_attn.o_proj"));
      double[][] y = norm(h, vector(p + "post_attention_layernorm.weight"));
      double[][] gate = linear(y, p + "mlp.gate_proj");
      double[][] up = linear(y, p + "mlp.up_proj");
      for (int t = 0; t < n; t++) {
        for (int i = 0; i < up[t].length; i++) {
          up[t][i] *= gate[t][i] / (1 + Math.exp(-gate[t][i]));
        }
      }
      add(h, linear(up, p + "mlp.down_proj"));
    }
    double[][] last = norm(h, vector("model.norm.weight"));
    return multiply(last, c.tiedEmbeddings() ? embedding : matrix("lm_head.weight"));
  }

  private double[][] attention(double[][] q, double[][] k, double[][] v, int window) {
    int n = q.length;
    int d = c.headDim();
    int share = c.heads() / c.kvHeads();
    double[][] out = new double[n][c.querySize()];
    for (int t = 0; t < n; t++) {
      int first = window == 0 ? 0 : Math.max(0, t - window + 1);
      for (int head = 0; head < c.heads(); head++) {
        int kv = head / share * d;
        double[] w = new double[t + 1];
        double sum = 0;
        for (int s = first; s <= t; s++) {
          double dot = 0;
          for (int i = 0; i < d; i++) {
            dot += q[t][head * d + i] * k[s][kv + i];
          }
          w[s] = Math.exp(dot / Math.sqrt(d));
          sum += w[s];
        }
        for (int s = first; s <= t; s++) {
          for (int i = 0; i < d; i++) {
            out[t][head * d + i] += w[s] / sum * v[s][kv + i];
          }
        }
      }
    }
    return out;
  }

  private void rotate(double[][] x, int promptLength) {
    RotaryEmbedding rotary = new RotaryEmbedding(c.rope(), c.headDim());
    int half = c.headDim() / 2;
    for (int t = 0; t < x.length; t++) {
      FloatBuffer cos = FloatBuffer.allocate(half);
      FloatBuffer sin = FloatBuffer.allocate(half);
      rotary.put(t, promptLength, cos, sin);
      for (int head = 0; head < x[t].length; head += c.headDim()) {
        for (int i = 0; i < half; i++) {
          double a = x[t][head + i];
          double b = x[t][head + half + i];
          x[t][head + i] = a * cos.get(i) - b * sin.get(i);
          x[t][head + half + i] = b * cos.get(i) + a * sin.get(i);
        }
      }
    }
  }

  private double[][] norm(double[][] x, double[] weight) {
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      out[t] = x[t].clone();
      normSlice(out[t], 0, weight);
    }
    return out;
  }

  private void normHeads(double[][] x, double[] weight) {
    for (double[] row : x) {
      for (int at = 0; at < row.length; at += c.headDim()) {
        normSlice(row, at, weight);
      }
    }
  }

  private void normSlice(double[] row, int at, double[] weight) {
    double squares = 0;
    for (int i = 0; i < weight.length; i++) {
      squares += row[at + i] * row[at + i];
    }
    double scale = 1 / Math.sqrt(squares / weight.length + c.rmsNormEps());
    for (int i = 0; i < weight.length; i++) {
      row[at + i] *= scale * weight[i];
    }
  }

  private double[][] linear(double[][] x, String name) {
    double[][] y = multiply(x, matrix(name + ".weight"));
    if (checkpoint.tensors().containsKey(name + ".bias")) {
      double[] bias = vector(name + ".bias");
      for (double[] row : y) {
        for (int i = 0; i < row.length; i++) {
          row[i] += bias[i];
        }
      }
    }
    return y;
  }

  private static double[][] multiply(double[][] x, double[][] w) {
    double[][] y = new double[x.length][w.length];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < w.length; o++) {
        for (int i = 0; i < w[o].length; i++) {
          y[t][o] += x[t][i] * w[o][i];
        }
      }
    }
    return y;
  }

  private static void add(double[][] h, double[][] y) {
    for (int t = 0; t < h.length; t++) {
      for (int i = 0; i < h[t].length; i++) {
        h[t][i] += y[t][i];
      }
    }
  }

  private double[] vector(String name) {
    TensorInfo info = checkpoint.tensors().get(name);
    ByteBuffer bytes = checkpoint.map(name);
    double[] out = new double[(int) info.elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (info.dtype()) {
            case F32 -> bytes.getFloat(i * 4);
            case BF16 -> Float.intBitsToFloat(bytes.getShort(i * 2) << 16);
            case F16 -> half(bytes.getShort(i * 2));
            default -> throw new IllegalStateException();
          };
    }
    return out;
  }

  private static double half(short bits) {
    int exponent = (bits >> 10) & 31;
    int fraction = bits & 1023;
    double value =
        exponent == 0
            ? fraction * Math.pow(2, -24)
            : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
    return bits < 0 ? -value : value;
  }

  private double[][] matrix(String name) {
    TensorInfo info = checkpoint.tensors().get(name);
    int rows = info.shape().get(0).intValue();
    int columns = info.shape().get(1).intValue();
    double[] flat = vector(name);
    double[][] out = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(flat, r * columns, out[r], 0, columns);
    }
    return out;
  }
}
