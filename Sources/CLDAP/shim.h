// libldap for Swift: what the importer cannot see as static inline functions, each with the
// reason beside it.
#ifndef MARTLET_CLDAP_SHIM_H
#define MARTLET_CLDAP_SHIM_H

#include <lber.h>
#include <ldap.h>

#endif
