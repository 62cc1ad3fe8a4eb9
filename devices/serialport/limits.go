package serialport

import "time"

// writeMax is how long the kernel may refuse bytes before the line counts as lost. A
// kilobyte takes 90 ms at 115200 baud and a request is shorter; only a line that is
// stuck takes longer.
const writeMax = 2 * time.Second
