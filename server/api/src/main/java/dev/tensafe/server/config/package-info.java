/** Settings of the server and the API keys. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.config;
