/** Makes the dashboards and the list of metrics that are committed. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.dashboards;
