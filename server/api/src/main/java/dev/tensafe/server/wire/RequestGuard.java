package dev.tensafe.server.wire;

import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets only requests through whose framing has one meaning, so that nobody in front of this server
 * can take their ends to be elsewhere (RFC 9112, section 11). The first fault of a connection is
 * answered in its turn, with an error object; then the connection is closed. Heads are passed on
 * whole, bodies as they come; only the field Connection is put in a form that the decoder knows.
 * Confined to the connection's event loop.
 */
public final class RequestGuard extends ByteToMessageDecoder {
  private static final int MAX_REQUEST_LINE = 8192;
  private static final int MAX_HEAD = 40 * 1024;
  private static final int MAX_EMPTY_LINES = 2;
  private static final long LINGER_SECONDS = 2;

  private final AnswerOrder answers;
  private final int headSeconds;
  private LineReader lines = new LineReader();
  private int lineFrom;
  private boolean begun;
  private int emptyLines;
  private long bodyLeft;
  private @Nullable ChunkedBody chunks;
  private long passed;
  private boolean inBody;

  /** What is passed on in place of the head that was just read; null for itself. */
  private @Nullable String changed;

  private @Nullable WireFault fault;
  private @Nullable Future<?> headTimer;

  private RequestGuard(AnswerOrder answers, int headSeconds) {
    this.answers = answers;
    this.headSeconds = headSeconds;
  }

  /**
   * Puts a guard before the decoder of an HTTP/1 connection; HTTP/2 frames its messages itself.
   *
   * @param headSeconds how long a head that has begun may take
   */
  public static void install(ChannelPipeline pipeline, int headSeconds) {
    if (pipeline.get("httpDecoder") != null) {
      AnswerOrder answers = new AnswerOrder();
      pipeline.addBefore("httpDecoder", "requestGuard", new RequestGuard(answers, headSeconds));
      pipeline.addAfter("httpEncoder", "answerOrder", answers);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (fault != null) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      while (in.isReadable()) {
        int bytes = inBody ? body(in) : head(ctx, in);
        if (bytes == 0) {
          return;
        }
        String other = changed;
        if (other == null) {
          out.add(in.readRetainedSlice(bytes));
        } else {
          in.skipBytes(bytes);
          out.add(Unpooled.copiedBuffer(other, StandardCharsets.ISO_8859_1));
          changed = null;
        }
      }
    } catch (WireFault e) {
      in.skipBytes(in.readableBytes());
      refuse(ctx, e);
    }
  }

  private int body(ByteBuf in) throws WireFault {
    int bytes;
    if (chunks == null) {
      bytes = (int) Math.min(bodyLeft, in.readableBytes());
      bodyLeft -= bytes;
      inBody = bodyLeft > 0;
    } else {
      bytes = chunks.next(in);
      inBody = !chunks.ended();
    }
    return bytes;
  }

  private int head(ChannelHandlerContext ctx, ByteBuf in) throws WireFault {
    while (in.isReadable()) {
      int end = lines.nextEnd(in);
      checkSize(lines.scanned());
      if (end < 0) {
        startTimer(ctx);
        return 0;
      }
      boolean empty = end - lineFrom == 2;
      lineFrom = end;
      if (empty && begun) {
        accept(in.toString(in.readerIndex(), end - 4, StandardCharsets.ISO_8859_1));
        return end;
      }
      if (empty) {
        skipEmptyLine(in);
      } else {
        begun = true;
      }
    }
    return 0;
  }

  /** Section 2.2: old clients put an empty line after a body. */
  private void skipEmptyLine(ByteBuf in) throws WireFault {
    if (++emptyLines > MAX_EMPTY_LINES) {
      throw WireFault.bad("invalid_request_line", "the request line is missing");
    }
    in.skipBytes(lineFrom);
    lines.taken();
    lineFrom = 0;
  }

  private void checkSize(int bytes) throws WireFault {
    if (!begun && bytes > MAX_REQUEST_LINE) {
      throw new WireFault(
          414, "uri_too_long", "the request line is longer than " + MAX_REQUEST_LINE + " bytes");
    }
    if (bytes > MAX_HEAD) {
      throw new WireFault(
          431, "headers_too_large", "the headers are longer than " + MAX_HEAD + " bytes");
    }
  }

  private void accept(String text) throws WireFault {
    RequestHead head = RequestHead.read(text);
    changed = RequestHead.closing(text);
    stopTimer();
    lines = new LineReader();
    begun = false;
    lineFrom = 0;
    emptyLines = 0;
    passed++;
    chunks = head.chunked() ? new ChunkedBody(lines) : null;
    bodyLeft = head.bodyBytes();
    inBody = head.chunked() || bodyLeft > 0;
  }

  private void startTimer(ChannelHandlerContext ctx) {
    if (headTimer == null) {
      headTimer =
          ctx.executor()
              .schedule(
                  () ->
                      refuse(
                          ctx,
                          new WireFault(
                              408,
                              "request_timeout",
                              "the headers took longer than " + headSeconds + " s")),
                  headSeconds,
                  TimeUnit.SECONDS);
    }
  }

  private void stopTimer() {
    Future<?> timer = headTimer;
    if (timer != null) {
      timer.cancel(false);
      headTimer = null;
    }
  }

  private void refuse(ChannelHandlerContext ctx, WireFault found) {
    if (fault != null) {
      return;
    }
    fault = found;
    stopTimer();
    // a faulty body belongs to the request that was passed on last
    long before = inBody ? passed - 1 : passed;
    answers.onEnd(() -> answer(ctx, found, before));
    answer(ctx, found, before);
  }

  private void answer(ChannelHandlerContext ctx, WireFault found, long before) {
    if (answers.ended() < before) {
      return;
    }
    ByteBuf answer = answers.begun() > before ? Unpooled.EMPTY_BUFFER : render(found);
    answers.close();
    ctx.channel().config().setAutoRead(true);
    var unused = ctx.writeAndFlush(answer).addListener(written -> end(ctx));
  }

  private static void end(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof DuplexChannel socket
        && ctx.pipeline().get(SslHandler.class) == null) {
      // what still comes is dropped for a while: a reset would overtake the answer
      var unusedHalf = socket.shutdownOutput();
      var unusedTimer = ctx.executor().schedule(() -> close(ctx), LINGER_SECONDS, TimeUnit.SECONDS);
    } else {
      close(ctx);
    }
  }

  private static void close(ChannelHandlerContext ctx) {
    var unused = ctx.close();
  }

  private static ByteBuf render(WireFault fault) {
    ApiException error =
        new ApiException(fault.status(), "invalid_request_error", fault.text(), null, fault.code());
    byte[] body = JsonBody.bytes(JsonBody.error(error));
    String head =
        "HTTP/1.1 "
            + HttpResponseStatus.valueOf(fault.status())
            + "\r\ncontent-type: application/json\r\ncontent-length: "
            + body.length
            + "\r\nconnection: close\r\nX-Request-Id: "
            + UUID.randomUUID()
            + "\r\n\r\n";
    return Unpooled.wrappedBuffer(head.getBytes(StandardCharsets.ISO_8859_1), body);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    stopTimer();
  }
}
