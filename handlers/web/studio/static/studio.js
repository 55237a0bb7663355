// The studio's pages while they are open: nothing here is needed to work.
"use strict";
