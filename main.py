"""Start seqviz: the window without arguments, the command line with them."""

from seqviz.cli import main

raise SystemExit(main())
