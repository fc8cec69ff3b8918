"""Names of machines."""

from ipaddress import ip_address


def is_local(host: str) -> bool:
    """Whether what is sent there in plain text stays on this machine: localhost or a loopback address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
