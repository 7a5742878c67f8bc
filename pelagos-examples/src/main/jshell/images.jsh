import io.pelagos.image.*
import io.pelagos.image.spec.*
var images = io.pelagos.examples.ImageShell.images()
