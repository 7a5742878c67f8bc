import io.pelagos.core.*
import io.pelagos.core.security.*
import io.pelagos.core.spec.*
import static io.pelagos.examples.Shell.*
