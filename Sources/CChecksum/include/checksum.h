// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's own instruction where it has one.
#ifndef MARTLET_CHECKSUM_H
#define MARTLET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C of `length` bytes, continuing from `crc` (0 to begin).
uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
