"""What must change, by product and ready to paste, where several causes ask for the same.

$server, $client, $port, $data_port and $announced are filled in from the case at hand.
"""

from __future__ import annotations

from ftpdiag.model import Remedy

USE_PASSIVE = Remedy(who="client", product="any FTP client", text="Use passive mode, where the server lets it through.")
