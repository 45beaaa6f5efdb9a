/** Messages of the public protocol in protobuf. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.train.proto;
