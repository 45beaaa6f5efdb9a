package dev.tensafe.server.train.sample;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.GenerationRequest;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.server.http.ServedModel;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.train.wire.WireFields;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.queue.Job;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.JobState;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands requests for samples from the queue to the serving engine, many at a time, each with the
 * version of its weights that is there when it begins. Life: {@link #start}, {@link #close}.
 */
public final class SamplePump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SamplePump.class);
  private static final int MOST_AT_ONCE = 64;
  private static final Duration IDLE = Duration.ofMillis(250);

  private final JobQueue queue;
  private final ServedModel model;
  private final Consumer<String> ended;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger running = new AtomicInteger();
  private final Thread thread = new Thread(this::run, "samples");
  private final ExecutorService finisher =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "samples-done"));
  private volatile boolean closing;

  /**
   * @param ended told the request id of every call that has ended
   */
  public SamplePump(JobQueue queue, ServedModel model, Consumer<String> ended) {
    this.queue = queue;
    this.model = model;
    this.ended = ended;
  }

  /** Begins to work. */
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!closing) {
        List<Job> jobs =
            running.get() < MOST_AT_ONCE
                ? queue.takeSamples(MOST_AT_ONCE - running.get())
                : List.of();
        jobs.forEach(this::begin);
        if (jobs.isEmpty()) {
          queue.awaitSample(IDLE);
        }
      }
    } catch (InterruptedException e) {
      LOG.warn("sampling was interrupted");
    }
  }

  private void begin(Job job) {
    running.incrementAndGet();
    try {
      WireFields body = WireFields.of(JsonBody.parse(job.encoded()));
      Optional<WeightsPath> source =
          body.optionalText("model_path").map(WeightsPath::parse).filter(WeightsPath::sampler);
      SampleRequest request = SampleRequest.read(body, source);
      if (source.isEmpty()) {
        submit(job, request, Optional.empty());
        return;
      }
      // its errors are told to the caller
      var unused =
          registry()
              .acquire(
                  PublishedWeights.adapterName(source.get().model(), source.get().name()),
                  job.tenant())
              .whenComplete(
                  (lease, error) -> {
                    if (error != null) {
                      fail(job, error);
                    } else {
                      guarded(job, () -> submit(job, request, Optional.of(lease)), lease::close);
                    }
                  });
    } catch (RuntimeException e) {
      fail(job, e);
    }
  }

  private AdapterRegistry registry() {
    return model.adapters().orElseThrow();
  }

  private void guarded(Job job, Runnable work, Runnable undo) {
    try {
      work.run();
    } catch (RuntimeException e) {
      undo.run();
      fail(job, e);
    }
  }

  private void submit(Job job, SampleRequest request, Optional<AdapterLease> lease) {
    List<int[]> prompts = prompts(request);
    Gathering gathering = new Gathering(job, request, lease, prompts.size() * request.count());
    List<Engine.Submission> submissions = new ArrayList<>();
    long seed = request.seed().orElseGet(random::nextLong);
    CacheScope scope =
        new CacheScope(lease.map(l -> l.info().digest()).orElse(""), job.tenant(), "");
    for (int i = 0; i < prompts.size() * request.count(); i++) {
      int[] prompt = prompts.get(i / request.count());
      SamplingParams params = request.params().withSeed(seed + i * 0x632be59bd9b4e019L);
      boolean scored = request.scored() && i % request.count() == 0;
      GenerationRequest output =
          GenerationRequest.of(prompt, params)
              .stopStrings(request.stops())
              .scorePrompt(scored)
              .adapter(lease.map(AdapterLease::handle).orElse(SequenceInput.BASE), scope)
              .flow(job.tenant() + "\nsample")
              .requestId(job.requestId())
              .build();
      submissions.add(new Engine.Submission(output, gathering.listener(i)));
    }
    model.engine().submit(submissions, gathering::release);
  }

  private List<int[]> prompts(SampleRequest request) {
    if (request.texts().isEmpty()) {
      return request.prompts();
    }
    Tokenizer tokenizer = model.tokenizer();
    List<int[]> out = new ArrayList<>();
    for (String text : request.texts()) {
      if (text.length() > tokenizer.mostBytes(model.engine().maxSequenceLength())) {
        throw TuningException.invalid("tuning.too_long", "a prompt is longer than the context");
      }
      int[] tokens = tokenizer.encode(text, true);
      if (tokens.length == 0) {
        throw TuningException.invalid("tuning.field", "a prompt holds no token");
      }
      out.add(tokens);
    }
    return out;
  }

  /** As {@link #fail}, from the engine's thread, which writes no files. */
  private void failLater(Job job, Throwable thrown) {
    finisher.execute(() -> fail(job, thrown));
  }

  private void fail(Job job, Throwable thrown) {
    Throwable error = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    running.decrementAndGet();
    if (error instanceof CodedException coded) {
      queue.failed(job, coded.code(), coded.description(), isCallers(coded));
    } else if (error instanceof ApiException api) {
      queue.failed(job, String.valueOf(api.code()), api.text(), api.status() < 500);
    } else {
      LOG.error(
          "sampling failed unexpectedly: {}", error == null ? "" : error.getClass().getName());
      queue.failed(job, "internal_error", "internal error", false);
    }
    ended.accept(job.requestId());
  }

  private static boolean isCallers(CodedException e) {
    if (e instanceof EngineException engine) {
      return engine.kind() == EngineException.Kind.INVALID
          || engine.kind() == EngineException.Kind.TOO_LARGE;
    }
    if (e instanceof AdapterException adapter) {
      return adapter.reason() == AdapterException.Reason.NOT_FOUND
          || adapter.reason() == AdapterException.Reason.TENANT_NOT_ALLOWED;
    }
    return e instanceof TuningException tuning && tuning.kind() != TuningException.Kind.FAILED;
  }

  /** The samples of one request, until all of them are there. Used by the engine's thread. */
  private final class Gathering {
    private final Job job;
    private final SampleRequest request;
    private final Optional<AdapterLease> lease;
    private final Sample[] samples;
    private int open;
    private boolean failed;

    Gathering(Job job, SampleRequest request, Optional<AdapterLease> lease, int count) {
      this.job = job;
      this.request = request;
      this.lease = lease;
      this.samples = new Sample[count];
      this.open = count;
      for (int i = 0; i < count; i++) {
        samples[i] = new Sample();
      }
    }

    void release() {
      lease.ifPresent(AdapterLease::close);
    }

    GenerationListener listener(int index) {
      Sample sample = samples[index];
      return new GenerationListener() {
        @Override
        public void onPromptScored(List<TokenLogprob> logprobs) {
          sample.prompt.addAll(logprobs);
        }

        @Override
        public void onOutput(Output output) {
          sample.tokens.addAll(output.tokens());
          sample.text.append(output.text());
          output.logprobs().forEach(l -> sample.logprobs.add(l.logprob()));
        }

        @Override
        public void onEndToken(TokenLogprob logprob) {
          sample.logprobs.add(logprob.logprob());
        }

        @Override
        public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
          sample.stopped = reason == FinishReason.STOP;
          if (--open == 0 && !failed) {
            finisher.execute(Gathering.this::complete);
          }
        }

        @Override
        public void onFailure(CodedException error) {
          open--;
          if (!failed) {
            failed = true;
            failLater(job, error);
          }
        }
      };
    }

    private void complete() {
      running.decrementAndGet();
      queue.done(job, json().toString().getBytes(StandardCharsets.UTF_8));
      ended.accept(job.requestId());
    }

    private ObjectNode json() {
      ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", "sample");
      ArrayNode sequences = out.putArray("sequences");
      for (Sample sample : samples) {
        ObjectNode node = sequences.addObject();
        node.put("stop_reason", sample.stopped ? "stop" : "length");
        ArrayNode tokens = node.putArray("tokens");
        sample.tokens.forEach(tokens::add);
        ArrayNode logprobs = node.putArray("logprobs");
        sample.logprobs.forEach(logprobs::add);
        node.put("text", sample.text.toString());
      }
      if (request.scored()) {
        scores(out, samples[0].prompt);
      }
      lease.ifPresent(
          l ->
              out.putObject("tensafe")
                  .put("adapter_digest", l.info().digest())
                  .put("adapter_version", l.info().version()));
      return out;
    }

    /** Of the first prompt; its first token has no log-probability. */
    private void scores(ObjectNode out, List<TokenLogprob> prompt) {
      ArrayNode logprobs = out.putArray("prompt_logprobs");
      logprobs.addNull();
      prompt.forEach(l -> logprobs.add(l.logprob()));
      if (request.topScored() > 0) {
        ArrayNode top = out.putArray("topk_prompt_logprobs");
        top.addNull();
        for (TokenLogprob token : prompt) {
          ArrayNode row = top.addArray();
          token.top().forEach(t -> row.addArray().add(t.token()).add(t.logprob()));
        }
      }
    }
  }

  private static final class Sample {
    final List<Integer> tokens = new ArrayList<>();
    final List<Double> logprobs = new ArrayList<>();
    final List<TokenLogprob> prompt = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    boolean stopped;
  }

  /** Requests for samples that were taken and have not ended. */
  public int running() {
    return running.get();
  }

  /** Calls that wait. */
  public long waiting() {
    return queue.count(JobState.QUEUED);
  }

  @Override
  public void close() {
    closing = true;
    queue.wake();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    finisher.shutdown();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
