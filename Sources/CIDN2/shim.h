// libidn2 for Swift: without the macros that give its functions the names of the older libidn.
#ifndef MARTLET_CIDN2_SHIM_H
#define MARTLET_CIDN2_SHIM_H

#define IDN2_SKIP_LIBIDN_COMPAT
#include <idn2.h>

#endif
