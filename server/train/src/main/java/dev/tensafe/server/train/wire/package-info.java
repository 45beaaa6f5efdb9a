/** Requests and answers of the training API in JSON. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.train.wire;
