// Cyrus SASL for Swift: what the importer cannot see as static inline functions, each with the
// reason beside it.
#ifndef MARTLET_CSASL_SHIM_H
#define MARTLET_CSASL_SHIM_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <sasl/prop.h>

#endif
