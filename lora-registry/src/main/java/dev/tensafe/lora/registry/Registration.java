package dev.tensafe.lora.registry;

/**
 * The result of an upload.
 *
 * @param created false when the same package was registered before
 */
public record Registration(AdapterStatus status, boolean created) {}
