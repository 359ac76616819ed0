"""`seqviz.watch`: looking at a model that learns in somebody's own PyTorch loop.

    opening.py     watch: where to show it, one watcher at a time
    watcher.py     Watcher: what the user holds; joins all the others
    holding.py     where the loop stands still: paused, or by a condition
    looking.py     one look at a step: frame, norms, figures of the parameters
    stepping.py    where a step begins and ends: hooks of the optimiser, or of the parameters where none was given
    sites.py       what is seen during one forward and backward pass, and the hooks that see it
    recurrent.py   nn.RNN, nn.LSTM, nn.GRU and their cells: states, and the gradient by each of them
    attention.py   nn.MultiheadAttention: the pattern, computed again for one row
    outputs.py     any other module: the gradient by what it gives, position by position
    pace.py        how often one may look: measured, so that all of it costs a few percent at most
    outbox.py      what goes out: a mailbox, and the one thread that empties it
    window.py      the window in a process of its own, at the other end of two pipes
    recording.py   a run folder, where there is no display

Nothing here may stop or change the user's script: every hook is guarded, draws no random number, writes to no tensor
of the model and gives nothing back to torch.
"""
