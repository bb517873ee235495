#include <cairo-pdf.h>
#include <cairo.h>

#include "pango.h"
