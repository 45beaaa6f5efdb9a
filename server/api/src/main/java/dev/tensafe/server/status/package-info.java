/** What a server does now, as {@code /v1/status} shows it: requests, tenants, times. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.status;
