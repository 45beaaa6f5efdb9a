/** Differential privacy of training: accountants, budgets, reports. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.privacy;
