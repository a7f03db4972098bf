"""What several tests share: a loopback server and small makers of feeds."""
