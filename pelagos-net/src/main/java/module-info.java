import org.jspecify.annotations.NullMarked;

/** Networks: netlink, bridges, addresses, NAT, ports and names. */
@NullMarked
module io.pelagos.net {
    requires static transitive org.jspecify;
    requires transitive io.pelagos.core;
}
