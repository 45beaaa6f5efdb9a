package dev.tensafe.server.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;

/**
 * Counts the answers of a connection on their way out, so that the one to a faulty request takes
 * its turn behind those to the requests before it. Confined to the connection's event loop.
 */
final class AnswerOrder extends ChannelOutboundHandlerAdapter {
  private long begun;
  private long ended;
  private boolean closed;
  private Runnable onEnd = () -> {};

  /** Final answers whose head was written. */
  long begun() {
    return begun;
  }

  /** Final answers that were written whole. */
  long ended() {
    return ended;
  }

  /** What is to be done after every answer. */
  void onEnd(Runnable action) {
    onEnd = action;
  }

  /** Drops whatever else is written: the connection has had its last answer. */
  void close() {
    closed = true;
    onEnd = () -> {};
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (closed) {
      ReferenceCountUtil.release(message);
      promise.setFailure(new ClosedChannelException());
      return;
    }
    boolean interim = message instanceof HttpResponse r && r.status().code() < 200;
    if (!interim && message instanceof HttpResponse) {
      begun++;
    }
    var unused = ctx.write(message, promise);
    if (!interim && message instanceof LastHttpContent) {
      ended++;
      onEnd.run();
    }
  }
}
